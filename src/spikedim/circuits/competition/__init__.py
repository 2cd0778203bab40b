"""Softmax by competition: competitors that inhibit each other, and what they converge to."""
