"""The browsable documentation of the API."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.csp import CSP
from django.views.decorators.csp import csp_override
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.response import Response


class _SwaggerView(SpectacularSwaggerSplitView):
    """Swagger UI with its script in a file of its own, as our policy wants."""

    url_name = "api-schema"
    permission_classes = (AllowAny,)


# Swagger UI writes style elements, and images as data. It shows nothing but the public schema.
_POLICY: dict[str, list[str]] = {
    **settings.SECURE_CSP,
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
    "img-src": [CSP.SELF, "data:"],
}


@csp_override(_POLICY)
def api_docs(request: HttpRequest) -> Response:
    response: Response = _SwaggerView.as_view()(request)
    return response
