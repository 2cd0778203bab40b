import numpy as np

from spikedim.circuits import RateCode, SoftmaxMode, SpikingAttention
from spikedim.circuits.attention._attention_result import attention_result
from spikedim.circuits.attention._attention_run import AttentionRun


def test_a_row_without_spikes_is_flagged_and_has_no_value():
    layer = SpikingAttention.compile(np.eye(2), np.eye(2), np.eye(2))
    x = np.array([[0.8, 0.2], [0.3, 0.7], [0.5, 0.5]])
    exact = layer.heads.exact(x, None)
    rows, row_spikes = exact.rows.copy(), np.array([[4, 0, 4]])
    rows[0, 1] = 0
    run = AttentionRun(
        exact.scores, rows, row_spikes, layer.heads.mix(rows, exact.value), (3, 3, 3), ()
    )
    result = attention_result(
        "SpikingAttention.run",
        layer.heads,
        run,
        x,
        exact,
        code=RateCode.BERNOULLI,
        mode=SoftmaxMode.GLI,
        steps=4,
        wiring=layer.wiring(3),
        online=False,
        fresh=True,
    )
    assert result.silent.tolist() == [False, True, False]
    assert (result.value[1] == 0).all()
    assert result.certificate.holds is False
    assert result.certificate.reason == "1 silent rows have no value"
    assert result.certificate.error < 1e-12  # of the rows that spoke
