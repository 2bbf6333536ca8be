from django.apps import AppConfig


class OrgConfig(AppConfig):
    name = "zhike.org"
    label = "org"

    def ready(self):
        from zhike.kit import scope, viewer
        from zhike.org import kinds, viewers  # noqa: F401 - makes its kind known

        viewer.build_viewers_with(viewers.viewer_of_person)
        scope.add_arm(viewers.shared_arm)
        scope.add_change_right(viewers.shared_change)
