"""What a station is made of: the ports its core works with, and a driver for each kind of hardware."""
