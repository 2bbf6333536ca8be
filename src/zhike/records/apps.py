from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "zhike.records"
    label = "records"
