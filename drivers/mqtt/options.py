"""A device's options, topics among them."""

from __future__ import annotations

from drivers.json import options


class Options(options.Options):
    def topic(self, key: str = "topic", default: str = "") -> str:
        """A topic, or a part of one, of this device alone; its id when `topic` is left out."""
        topic = self.text(key, default or self.id)
        if not topic or set(topic) & set("+#\0"):
            raise self.error(key, f"{topic!r} is no topic of one device; no + or # in it")
        return topic.strip("/") or topic
