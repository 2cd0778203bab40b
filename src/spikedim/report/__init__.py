"""Results as a terminal table, a picture or one self-contained HTML page."""

from spikedim.report._advice_tables import (
    advice_costs_table,
    advice_rejected_table,
    advice_table,
)
from spikedim.report._advice_view import advice_page, advice_picture, advice_view
from spikedim.report._bounds_tables import bounds_table, bounds_tables, rungs_table
from spikedim.report._catalogue import dataset_view, datasets_table
from spikedim.report._circuit_page import circuit_page, circuit_picture, circuit_view
from spikedim.report._circuit_tables import circuit_table
from spikedim.report._energy_audit_tables import energy_audit_table, energy_ratios_table
from spikedim.report._energy_audit_view import (
    energy_audit_page,
    energy_audit_picture,
    energy_audit_view,
)
from spikedim.report._energy_operations_table import energy_operations_table
from spikedim.report._evaluation_tables import evaluation_table, populations_table
from spikedim.report._evaluation_view import (
    evaluation_page,
    evaluation_picture,
    evaluation_view,
)
from spikedim.report._examination import Examination, Package, examination_view
from spikedim.report._format import size
from spikedim.report._model_tables import (
    card_layers_table,
    cards_tables,
    published_table,
    switches_table,
    totals_table,
)
from spikedim.report._model_view import (
    card_headline,
    card_page,
    card_picture,
    card_view,
    cards_view,
)
from spikedim.report._page import measurement_page, plan_page
from spikedim.report._plan_tables import (
    comparison_table,
    dimensions_table,
    energy_table,
    laws_table,
    layers_table,
)
from spikedim.report._response_tables import response_populations_table, response_table
from spikedim.report._response_view import response_page, response_picture, response_view
from spikedim.report._table import Column, Quantity, Table
from spikedim.report._terminal import (
    as_text,
    comparison_view,
    inverse_lines,
    measurement_view,
    plain_view,
    plan_view,
    table_view,
)
from spikedim.report._training_tables import recipes_table, training_table
from spikedim.report._training_view import (
    recipe_text,
    recipes_view,
    training_page,
    training_view,
)
from spikedim.report._training_words import training_headline

__all__ = [
    "Column",
    "Examination",
    "Package",
    "Quantity",
    "Table",
    "advice_costs_table",
    "advice_page",
    "advice_picture",
    "advice_rejected_table",
    "advice_table",
    "advice_view",
    "as_text",
    "bounds_table",
    "bounds_tables",
    "card_headline",
    "card_layers_table",
    "card_page",
    "card_picture",
    "card_view",
    "cards_tables",
    "cards_view",
    "circuit_page",
    "circuit_picture",
    "circuit_table",
    "circuit_view",
    "comparison_table",
    "comparison_view",
    "dataset_view",
    "datasets_table",
    "dimensions_table",
    "energy_audit_page",
    "energy_audit_picture",
    "energy_audit_table",
    "energy_audit_view",
    "energy_operations_table",
    "energy_ratios_table",
    "energy_table",
    "evaluation_page",
    "evaluation_picture",
    "evaluation_table",
    "evaluation_view",
    "examination_view",
    "inverse_lines",
    "laws_table",
    "layers_table",
    "measurement_page",
    "measurement_view",
    "plain_view",
    "plan_page",
    "plan_view",
    "populations_table",
    "published_table",
    "recipe_text",
    "recipes_table",
    "recipes_view",
    "response_page",
    "response_picture",
    "response_populations_table",
    "response_table",
    "response_view",
    "rungs_table",
    "size",
    "switches_table",
    "table_view",
    "totals_table",
    "training_headline",
    "training_page",
    "training_table",
    "training_view",
]
