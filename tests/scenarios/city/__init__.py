"""A city that goes live in July: what is true of its people, the files that tell it, and the money it comes to."""
