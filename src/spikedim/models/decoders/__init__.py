"""Decoders: estimates of rates from the spikes of a whole population."""
