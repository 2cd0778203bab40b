"""Which populations have features that belong to attention heads."""

from torch import nn

__all__ = ["attention_heads"]

_OF_HEADS = frozenset({"q_lif", "k_lif", "v_lif", "attn_lif", "out_lif", "talking_heads_lif"})


def attention_heads(model: nn.Module) -> dict[str, int]:
    """Return H of every population of queries, keys, values or their mixture, by its path.

    Read from the attention modules themselves, since stages of a model differ in their heads;
    the features of one head are neighbours.
    """
    found: dict[str, int] = {}
    for path, module in model.named_modules():
        heads = _heads(module)
        for name in _OF_HEADS & dict(module.named_children()).keys() if heads else ():
            found[f"{path}.{name}" if path else name] = heads
    return found


def _heads(attention: nn.Module) -> int:
    """Return H of a module, or of a product that it owns; 0 without."""
    for module in (attention, *attention.children()):
        heads = getattr(module, "heads", None)
        if isinstance(heads, int):
            return heads
    return 0
