from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    name = "zhike.activities"
    label = "activities"
