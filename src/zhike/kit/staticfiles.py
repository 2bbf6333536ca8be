"""Static files under names that hold their contents' hash: cached for ever, fresh after each upgrade."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Whitenoise's storage, which also renames what JavaScript modules import from each other."""

    support_js_module_import_aggregation = True
