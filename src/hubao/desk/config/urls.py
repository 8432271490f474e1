"""Every address of the desk."""

from typing import Final

from django.urls import URLPattern, URLResolver, path

from hubao.desk.config.serving import CONSUMERS
from hubao.desk.site.metrics import MetricsPage
from hubao.desk.site.urls import urlpatterns as of_rooms

urlpatterns: Final[list[URLPattern | URLResolver]] = [
    path("metrics", MetricsPage(CONSUMERS), name="metrics"),
    *of_rooms,
]
