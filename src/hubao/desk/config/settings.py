"""The module that Django takes its settings from."""

from hubao.desk.config.env import Env
from hubao.desk.config.mapping import django_settings
from hubao.desk.core.metric_files import keep_in

_env = Env.read()
keep_in(_env.metrics_path)
globals().update(django_settings(_env))
