"""BoardService over gRPC: how it stands in a department, a county or a city, the cases behind a figure, and an officer's own desk."""

from collections.abc import Callable, Iterator

from chassis.acts import now
from chassis.errors import Violation, invalid, require
from chassis.records import Record
from chassis.rpc import Call
from services.case import model_board, model_deadlines, model_seeing, store, store_board, views
from services.case.acting_on import DEEPEST, Desk, offset
from services.case.model import Case
from services.case.model_board import Scope
from services.case.store_board import Boards
from standards.workdays import local_day
from yiwang.case.v1 import board_pb2 as pb
from yiwang.case.v1 import service_pb2

PAGE = 20
LIGHTS = {pb.BOARD_FIGURE_YELLOW: service_pb2.LIGHT_YELLOW, pb.BOARD_FIGURE_RED: service_pb2.LIGHT_RED}
TALLIES = {
    pb.BOARD_FIGURE_RECEIVED_TODAY: store_board.ARRIVALS,
    pb.BOARD_FIGURE_CLOSED_TODAY: store_board.CLOSINGS,
}
Page = tuple[list[Record[Case]], str]
# From a place on, of a size: page after page.
Pages = Callable[[int, int], Iterator[Page]]


class BoardApi:
    """The methods of yiwang.case.v1.BoardService, by name."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.boards = Boards(desk.parts.database)

    def GetBoard(self, request: pb.GetBoardRequest, call: Call) -> pb.Board:
        scope = model_board.scope_of(call.actor, request.region, request.department)
        instant = now()
        board = model_board.board(scope, self.boards.counted(scope, local_day(instant)), instant)
        if request.if_version == board.version:
            return pb.Board(version=board.version, unchanged=True)
        return board

    def ListBoardCases(self, request: pb.ListBoardCasesRequest, call: Call) -> pb.ListBoardCasesResponse:
        scope = model_board.scope_of(call.actor, request.region, request.department)
        if not scope.department:
            raise invalid(Violation("department", "REQUIRED", "请指明部门"))
        sees = model_seeing.oversees if scope.region else model_seeing.sees

        def kept(case: Case) -> bool:
            return scope.covers(case) and sees(call.actor, case)

        rows, token = self._page(request, scope, kept)
        instant = now()
        lines = [views.brief(row, call.actor, instant) for row in rows]
        return pb.ListBoardCasesResponse(cases=lines, next_page_token=token)

    def _page(self, request: pb.ListBoardCasesRequest, scope: Scope, kept: Callable[[Case], bool]) -> Page:
        size, token = request.page_size or PAGE, request.page_token
        if request.figure == pb.BOARD_FIGURE_OPEN:
            return store.open_cases(self.desk.cases, scope.department, kept, token, size)
        pages = self._lit(request, scope) if request.figure in LIGHTS else self._counted(request, scope)
        # A page is shorter where something is not kept, and never empty before the end.
        for rows, next_token in pages(offset(token), size):
            if found := [row for row in rows if kept(row.state)]:
                return found, next_token
        return [], ""

    def _counted(self, request: pb.ListBoardCasesRequest, scope: Scope) -> Pages:
        """Cases that were counted today."""
        database, today = self.desk.parts.database, local_day(now())
        bucket = f"{scope.department}/{today}"
        if scope.region:
            bucket = store_board.within(scope.region, today, scope.department)
        ids = store_board.counted_in(database, TALLIES[request.figure], bucket)

        def pages(skip: int, size: int) -> Iterator[Page]:
            for at in range(skip, len(ids), size):
                rows = (self.desk.cases.find({"_id": id}) for id in ids[at : at + size])
                yield [row for row in rows if row], str(at + size) if at + size < len(ids) else ""

        return pages

    def _lit(self, request: pb.ListBoardCasesRequest, scope: Scope) -> Pages:
        """Cases with this light now, by when they are due."""
        light, instant = LIGHTS[request.figure], now()
        bounds = model_deadlines.between(light, instant)

        def pages(skip: int, size: int) -> Iterator[Page]:
            for at in range(skip, DEEPEST, size):
                rows = store.due_at_desk(self.desk.cases, scope.department, "", bounds, at, size)
                more = len(rows) == size and at + size < DEEPEST
                yield (
                    [row for row in rows if model_deadlines.light(row.state, instant) == light],
                    str(at + size) if more else "",
                )
                if not more:
                    return

        return pages

    def GetMyDesk(self, request: pb.GetMyDeskRequest, call: Call) -> pb.MyDesk:
        actor, instant = call.actor, now()
        require(bool(actor.department), "NO_DEPARTMENT", "您没有所属部门，没有办件")
        today = local_day(instant)
        month = today.replace(day=1)
        first = min(month, model_board.last_days(today)[0])
        mine = store.handled_by(self.desk.cases, actor.department, actor.id)
        own = self.boards.worked(f"officer:{actor.id}", first, today)
        decided = self.boards.decided(actor.department, month, today)
        return model_board.my_desk(mine, own, decided, instant)
