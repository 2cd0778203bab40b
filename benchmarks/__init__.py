"""Speed and memory, peers in the same run: ``make bench``."""
