"""Files of target lists, one module per format."""
