"""The count: from an approval in the ERP to two books that agree."""
