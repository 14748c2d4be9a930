"""How the description of the API says that a body is bytes: no JSON schema describes them."""

from dataclasses import dataclass

from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody


def bytes_operation(content_type: str, description: str, *, required: bool) -> type[Operation]:
    """Return what a route names as its `operation_class`."""
    body = RequestBody({content_type: OpenAPIMediaType()}, description, required)

    @dataclass
    class BytesOperation(Operation):
        def __post_init__(self) -> None:
            self.request_body = body

    return BytesOperation
