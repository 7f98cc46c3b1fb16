"""Target lists: who is contacted, in which order, and who is left out by which rule."""
