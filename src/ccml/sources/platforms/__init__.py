"""One reader per contact-centre platform."""
