"""The exponential from coincidences of spikes."""
