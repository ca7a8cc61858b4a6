from django.apps import AppConfig


class StocktakeConfig(AppConfig):
    name = "countbridge.stocktake"
    label = "stocktake"
