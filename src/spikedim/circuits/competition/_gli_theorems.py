"""What is proved of the log-inhibition circuit, by emission: Theorems 3a, 3a' and 3b."""

from spikedim.bounds import Assumption
from spikedim.circuits._certificate import Theorem
from spikedim.circuits.competition._gli_law import FAILURE_PROBABILITY
from spikedim.circuits.competition._gli_state import Emission

__all__ = ["RESIDUALS", "THEOREMS"]

RESIDUALS = {Emission.INTEGRATE_AND_FIRE: 0.5, Emission.RANDOM_PHASE: 1.0}
"""By how many spikes a membrane can be ahead or behind, |v_0 - v_T|; escape has no membrane."""

_CONSTANT = Assumption("the logits do not change during the run", holds=True)
_FLOOR = Assumption(
    "no drive exceeds 1 per step: the inhibition never falls below the strongest drive", holds=True
)

THEOREMS = {
    Emission.INTEGRATE_AND_FIRE: Theorem(
        name="3a",
        statement="||attn_hat - attn||_1 <= (n - 1) / N",
        quantity="largest l1 error of a row",
        assumptions=(
            _CONSTANT,
            _FLOOR,
            Assumption("membranes start at half the threshold and are reset by subtraction", True),
            Assumption(
                "for the RMS law only: the residual of each competitor is independent and uniform "
                "in [-1/2, 1/2], which takes several spikes of each"
            ),
        ),
    ),
    Emission.RANDOM_PHASE: Theorem(
        name="3a'",
        statement="||attn_hat - attn||_1 <= 2 (n - 1) / N",
        quantity="largest l1 error of a row",
        assumptions=(
            _CONSTANT,
            _FLOOR,
            Assumption("membranes start in [0, 1) and are reset by subtraction", True),
            Assumption(
                "for the RMS law only: phases are independent and uniform, and what they do to the "
                "inhibition does not come back to the residual of the same competitor"
            ),
        ),
    ),
    Emission.ESCAPE: Theorem(
        name="3b",
        statement="||attn_hat - attn||_2 <= sqrt(sum_i a_i^2) / N with Freedman's deviations a_i",
        quantity="largest l2 error of a row",
        assumptions=(
            _CONSTANT,
            _FLOOR,
            Assumption("spikes are independent given the inhibition: fresh uniform noise", None),
            Assumption("for the RMS law only: a run so long that the start burst does not matter"),
        ),
        failure_probability=FAILURE_PROBABILITY,
    ),
}
