"""Every address of the desk."""

from hubao.desk.site.urls import urlpatterns

__all__ = ("urlpatterns",)
