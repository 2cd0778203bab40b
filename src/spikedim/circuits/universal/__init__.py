"""Universal approximation: any permutation-equivariant function as a circuit."""
