"""Sources that several theorems cite, spelled once."""

__all__ = [
    "BENNETT",
    "BOUCHERON",
    "COVER_THOMAS",
    "HODGES_LEHMANN",
    "HOEFFDING",
    "PUBLISHED",
    "SHANNON_1948",
    "SHANNON_1959",
]

BENNETT = 'W. R. Bennett, "Spectra of quantized signals", Bell System Technical Journal 27, 1948'
BOUCHERON = (
    "S. Boucheron, G. Lugosi and P. Massart, Concentration Inequalities, Oxford University "
    "Press, 2013"
)
COVER_THOMAS = (
    "T. M. Cover and J. A. Thomas, Elements of Information Theory, 2nd edition, Wiley, 2006"
)
HODGES_LEHMANN = (
    'J. L. Hodges and E. L. Lehmann, "Some problems in minimax point estimation", Annals of '
    "Mathematical Statistics 21, 1950"
)
HOEFFDING = (
    'W. Hoeffding, "Probability inequalities for sums of bounded random variables", Journal of '
    "the American Statistical Association 58, 1963"
)
PUBLISHED = (
    '"Closing the Theory-Practice Gap in Spiking Transformers via Effective Dimension", '
    "arXiv 2604.15769"
)
SHANNON_1948 = (
    'C. E. Shannon, "A mathematical theory of communication", Bell System Technical Journal 27, '
    "1948"
)
SHANNON_1959 = (
    'C. E. Shannon, "Coding theorems for a discrete source with a fidelity criterion", IRE '
    "National Convention Record 7, 1959"
)
