"""A camera's own events, fetched by us in long questions (ONVIF Core 9.2, PullPoint): no port of ours is open."""

from xml.etree.ElementTree import Element

from keng_edge.cameras.onvif import notices
from keng_edge.cameras.onvif.device import OnvifCamera
from keng_edge.cameras.onvif.markup import Strange
from keng_edge.cameras.onvif.notices import EVENTS, NOTIFICATION, Notice, Subscription
from keng_edge.errors import DeviceError

LASTS_S, WAIT_S = 60, 5
"""A subscription ends by itself if nobody asks for it to go on; how long the camera may wait for something to tell."""
AT_ONCE = 32
_MANAGER = "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager"


class PullPoint:
    """One subscription; every call blocks and raises DeviceError with what is wrong, never with the password."""

    def __init__(self, camera: OnvifCamera) -> None:
        self._camera = camera
        self._at: Subscription | None = None

    def open(self) -> None:
        """Subscribe; the camera then tells how everything stands now (CreatePullPointSubscription)."""
        body = (
            f'<CreatePullPointSubscription xmlns="{EVENTS}"><InitialTerminationTime>PT{LASTS_S}S'
            "</InitialTerminationTime></CreatePullPointSubscription>"
        )
        at = Subscription(self._camera.events_address(), "")
        root = self._ask(at, body, f"{EVENTS}/EventPortType/CreatePullPointSubscriptionRequest")
        try:
            self._at = notices.subscription(root, self._camera.host)
        except Strange as strange:
            raise DeviceError(f"{self._camera.host} gives {strange}") from None

    def pull(self) -> list[Notice]:
        """What happened since; waits up to `WAIT_S` for it (PullMessages)."""
        body = (
            f'<PullMessages xmlns="{EVENTS}"><Timeout>PT{WAIT_S}S</Timeout>'
            f"<MessageLimit>{AT_ONCE}</MessageLimit></PullMessages>"
        )
        return notices.notices(self._ask(self._opened, body, f"{EVENTS}/PullPointSubscription/PullMessagesRequest"))

    def renew(self) -> None:
        """It is to last for another `LASTS_S` (Renew)."""
        body = f'<Renew xmlns="{NOTIFICATION}"><TerminationTime>PT{LASTS_S}S</TerminationTime></Renew>'
        self._ask(self._opened, body, f"{_MANAGER}/RenewRequest")

    def close(self) -> None:
        """Nobody listens any more (Unsubscribe); a camera that does not answer forgets by itself."""
        at, self._at = self._at, None
        if at is None:
            return
        try:
            self._ask(at, f'<Unsubscribe xmlns="{NOTIFICATION}"/>', f"{_MANAGER}/UnsubscribeRequest")
        except DeviceError:
            return

    @property
    def _opened(self) -> Subscription:
        if self._at is None:
            raise DeviceError("is not subscribed to")
        return self._at

    def _ask(self, at: Subscription, body: str, action: str) -> Element:
        return self._camera.ask(at.address, body, action=action, header=notices.addressing(action, at), longer_s=WAIT_S)
