"""The module that Django takes its settings from."""

from hubao.desk.config.env import Env
from hubao.desk.config.mapping import django_settings

globals().update(django_settings(Env.read()))
