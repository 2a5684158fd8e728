"""ResultService over gRPC: the numbers, for everybody."""

from chassis.parts import Parts
from chassis.rpc import Call
from services.rating import bulletins_pdf, model_results, results_lists, store
from services.rating.bulletins import Bulletins
from services.rating.results import Results, period
from yiwang.rating.v1 import results_pb2 as pb

PAGE, BEHIND = 20, 50


class ResultApi:
    """The methods of yiwang.rating.v1.ResultService, by name."""

    def __init__(self, parts: Parts) -> None:
        self.keyring = parts.keyring
        self.ratings = store.ratings(parts.database)
        self.results = Results(parts.database)
        self.bulletins = Bulletins(parts)

    def ListFormulas(self, _request: pb.ListFormulasRequest, _call: Call) -> pb.ListFormulasResponse:
        return pb.ListFormulasResponse(formulas=model_results.formulas())

    def GetResults(self, request: pb.GetResultsRequest, _call: Call) -> pb.Results:
        first, last = period(request.from_day, request.to_day)
        return self.results.get(request.county, first, last, request.by, request.id)

    def GetCoverage(self, request: pb.GetCoverageRequest, _call: Call) -> pb.Coverage:
        first, last = period(request.from_day, request.to_day)
        return self.results.coverage(request.county, first, last)

    def ListPublished(self, request: pb.ListPublishedRequest, _call: Call) -> pb.ListPublishedResponse:
        told = (request.county, request.department, request.page_token, request.page_size or PAGE)
        rows, token = results_lists.published(self.ratings, self.keyring, *told)
        return pb.ListPublishedResponse(ratings=rows, next_page_token=token)

    def ListBehind(self, request: pb.ListBehindRequest, _call: Call) -> pb.ListBehindResponse:
        wanted = results_lists.asked(request, *period(request.from_day, request.to_day))
        size = request.page_size or BEHIND
        rows, token = results_lists.behind(self.results.counts, self.keyring, wanted, request.page_token, size)
        return pb.ListBehindResponse(rows=rows, next_page_token=token)

    def ListBulletins(self, request: pb.ListBulletinsRequest, _call: Call) -> pb.ListBulletinsResponse:
        told = (request.county, request.kind, request.page_token, request.page_size or PAGE)
        rows, token = self.bulletins.list(*told)
        return pb.ListBulletinsResponse(bulletins=rows, next_page_token=token)

    def GetBulletin(self, request: pb.GetBulletinRequest, _call: Call) -> pb.Bulletin:
        return self.bulletins.get(request.bulletin_id)

    def GetBulletinPdf(self, request: pb.GetBulletinPdfRequest, _call: Call) -> pb.GetBulletinPdfResponse:
        bulletin = self.bulletins.get(request.bulletin_id)
        return pb.GetBulletinPdfResponse(filename=bulletins_pdf.filename(bulletin), content=bulletins_pdf.pdf(bulletin))
