"""Lists and tables that know no record."""

from ui.table.data_table import Column, DataTable, TableRows
from ui.table.list_search import ListSearch
from ui.table.record_list import ListDelegate, ListRow, RecordList
from ui.table.rows_model import IdRole, RowRole, RowsModel

__all__ = [
    "Column",
    "DataTable",
    "IdRole",
    "ListDelegate",
    "ListRow",
    "ListSearch",
    "RecordList",
    "RowRole",
    "RowsModel",
    "TableRows",
]
