"""What campaigns brought: drawn customers against those held out at random."""
