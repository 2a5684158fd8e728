"""The implementations in DirectoryService."""

from chassis.rpc import Call
from services.catalog import store_directory, views_directory
from services.catalog.api_lines import LineApi
from services.catalog.model_implementations import IMPLEMENTATION
from yiwang.catalog.v1 import directory_pb2 as pb


class ImplementationApi(LineApi):
    """Its methods about implementations, by name."""

    def SaveImplementation(self, request: pb.SaveImplementationRequest, call: Call) -> pb.Implementation:
        return self.save(IMPLEMENTATION, request, call)  # type: ignore[no-any-return]

    def ReviewImplementation(self, request: pb.ReviewImplementationRequest, call: Call) -> pb.Implementation:
        return self.review(IMPLEMENTATION, request, call)  # type: ignore[no-any-return]

    def ReturnImplementation(self, request: pb.ReturnImplementationRequest, call: Call) -> pb.Implementation:
        return self.give_back(IMPLEMENTATION, request, call)  # type: ignore[no-any-return]

    def PublishImplementation(self, request: pb.PublishImplementationRequest, call: Call) -> pb.Implementation:
        return self.publish(IMPLEMENTATION, request, call)  # type: ignore[no-any-return]

    def WithdrawImplementation(self, request: pb.WithdrawImplementationRequest, call: Call) -> pb.Implementation:
        return self.withdraw(IMPLEMENTATION, request, call)  # type: ignore[no-any-return]

    def GetImplementation(self, request: pb.GetImplementationRequest, call: Call) -> pb.Implementation:
        return self.published(IMPLEMENTATION, request)  # type: ignore[no-any-return]

    def GetImplementationDraft(self, request: pb.GetImplementationDraftRequest, call: Call) -> pb.Implementation:
        return self.draft(IMPLEMENTATION, request, call)  # type: ignore[no-any-return]

    def ListImplementations(self, request: pb.ListImplementationsRequest, call: Call) -> pb.ListImplementationsResponse:
        rows, token = store_directory.implementations_page(self.database, request)
        found = [views_directory.published(IMPLEMENTATION, row) for row in rows]
        return pb.ListImplementationsResponse(implementations=found, next_page_token=token)

    def ListImplementationItems(
        self, request: pb.ListImplementationItemsRequest, call: Call
    ) -> pb.ListImplementationItemsResponse:
        rows, token = store_directory.items_below(self.database, request)
        found = [views_directory.item(id, state) for id, state in rows]
        return pb.ListImplementationItemsResponse(items=found, next_page_token=token)

    def ListImplementationDrafts(
        self, request: pb.ListImplementationDraftsRequest, call: Call
    ) -> pb.ListImplementationsResponse:
        found, token = self.drafts(IMPLEMENTATION, request, call)
        return pb.ListImplementationsResponse(implementations=found, next_page_token=token)
