"""What went wrong, to programs: RFC 9457 problem JSON with our stable code."""

from django.http import HttpResponse, JsonResponse

from hubao.desk.core.told import STATUS
from hubao.kit.errors import HubaoError

_TYPE = "application/problem+json"


def problem(status: int, *, code: str, detail: str) -> HttpResponse:
    """Give a problem; `detail` is one sentence without personal data."""
    told = {"type": f"urn:hubao:{code}", "status": status, "code": code, "detail": detail}
    return JsonResponse(told, status=status, content_type=_TYPE)


def problem_of(error: HubaoError) -> HttpResponse:
    """Give the problem that a failure is."""
    return problem(STATUS[error.kind], code=error.code, detail=error.message)
