"""What a caller may choose about a built model beside its shape."""

from dataclasses import dataclass
from typing import final

from spikedim.models.blocks import QKAxis
from spikedim.neurons import AbstractSurrogate, LIFParameters

__all__ = ["Options"]


@final
@dataclass(frozen=True)
class Options:
    """Switches of a built model; the defaults are correct, legacy behaviour is asked for.

    Parameters
    ----------
    neuron : LIFParameters, optional
        Neuron of every population in the place of the family's; populations that have a threshold
        of their own in the family keep its ratio to the others.
    surrogate : AbstractSurrogate, optional
        Surrogate gradient in the place of the family's.
    drop_path : float, default 0.0
        Largest probability of dropping a residual branch in training; it grows linearly with
        depth. The released code of Spikformer, QKFormer and both spike-driven transformers accepts
        one and never applies it.
    pool_first : bool, default False
        Whether the five-convolution stem pools currents in front of its neurons, as SpikingJelly's
        Spikformer and Spikingformer-CML do, and not spikes behind them.
    product_bias : bool, optional
        Whether the products inside the blocks have a bias in front of their normalisation; the
        released form without it.
    qk_axis : str, default "token"
        What the masks of QKFormer's early stages choose among: ``"token"``, one spike for each
        token and head, as released, or ``"channel"``, one for each feature, as in the paper.
    legacy_dead_parameters : bool, default False
        Whether parameters that the released code never uses exist here too.
    legacy_batch_leak : bool, default False
        Whether the last neurons of the attention of QKFormer's last stage run over merged steps
        and samples, so that samples of a batch influence each other, as in the released code. Such
        a model cannot continue from states.
    """

    neuron: LIFParameters | None = None
    surrogate: AbstractSurrogate | None = None
    drop_path: float = 0.0
    pool_first: bool = False
    product_bias: bool | None = None
    qk_axis: str = QKAxis.TOKEN.value
    legacy_dead_parameters: bool = False
    legacy_batch_leak: bool = False
