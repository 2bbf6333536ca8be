from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "zhike.api"
    label = "api"

    def ready(self):
        from zhike.api.auth import forget_tokens
        from zhike.records.events import on

        on("org.person.left", forget_tokens)
