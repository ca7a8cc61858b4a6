from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "countbridge.exchange"
    label = "exchange"
