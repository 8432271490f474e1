"""The desk with one view more, which reads a row by its index and inserts one, and guards nothing.

The desk is that of the environment: HUBAO_DATA, HUBAO_DATABASE_URL.
"""

import os

import django
from django.core.wsgi import get_wsgi_application
from django.db import models
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hubao.desk.config.settings")
django.setup()

from django.urls import path  # noqa: E402

from hubao.desk.policies.models import Policy  # noqa: E402
from hubao.desk.site import urls  # noqa: E402


class Looked(models.Model):
    """What the view without a guard inserts."""

    record = models.CharField(max_length=25)
    actor = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta:
        """Made by `reveal_desk.py`."""

        app_label = "site"
        db_table = "bench_looked"
        managed = False


@csrf_exempt
def plain(_request: HttpRequest, record: str) -> HttpResponse:
    """Read one row by its index, insert one."""
    found = Policy.objects.get(record=record)
    Looked(record=found.record, actor="E1", at=timezone.now()).save(force_insert=True)
    return JsonResponse({"value": found.product, "seconds": 60})


urls.urlpatterns.append(path("plain/<str:record>/", plain))
application = get_wsgi_application()
