"""Attention compiled to spikes: one head, many heads, stacks, staged and online."""
