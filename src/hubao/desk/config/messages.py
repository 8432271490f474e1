"""What carries messages, from the settings."""

from hubao.desk.config.env import Env
from hubao.desk.config.keys import BadSetting
from hubao.desk.core.messages.chosen import Told, chosen, stays_here
from hubao.desk.core.messages.letters import Sender, Unset


def sender_of(env: Env) -> Sender:
    """Give what carries messages.

    Raises:
        BadSetting: in production, messages would lie on this machine in clear.
        BadPlace: a setting of messages can't be used.
    """
    messages = env.messages_by
    if messages is None:
        return Unset()
    if env.mode == "production" and stays_here(messages):
        raise BadSetting(
            "HUBAO_MESSAGES=file and console keep phones and codes in clear on this machine:"
            " name a gateway, or leave it out."
        )
    secret = env.messages_secret.get_secret_value() if env.messages_secret else None
    told = Told(env.messages_from, env.messages_to, env.messages_body, env.messages_user, secret)
    return chosen(messages, told)
