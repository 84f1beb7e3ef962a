"""The ends of the wire: microphone and camera (incoming), speech (outgoing). One file a track."""
