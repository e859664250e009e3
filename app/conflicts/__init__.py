"""Values that did not win, kept until somebody decides."""
