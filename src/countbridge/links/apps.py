from django.apps import AppConfig


class LinksConfig(AppConfig):
    name = "countbridge.links"
    label = "links"
