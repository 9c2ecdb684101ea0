"""Firmware images on disk: taken in while they stream, hashed, signed, never changed, and given out. The only room that touches them."""

from pilotwire.csms.images.signing import NotGenuine, Signer, checked, load_signer
from pilotwire.csms.images.store import Described, ImageConflict, ImageStore, ImageTooLarge, image_folder

__all__ = [
    "Described",
    "ImageConflict",
    "ImageStore",
    "ImageTooLarge",
    "NotGenuine",
    "Signer",
    "checked",
    "image_folder",
    "load_signer",
]
