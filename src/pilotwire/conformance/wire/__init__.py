"""The tester's end of the line: frames as they come, recorded, without the session code of our own products."""
