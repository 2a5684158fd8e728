"""VocabularyService over gRPC."""

from datetime import timedelta, timezone

from chassis.acts import now
from chassis.parts import Parts
from chassis.rpc import Call
from services.catalog import model_life, model_vocabulary, store, store_misses, store_vocabulary
from services.catalog.model_vocabulary import Vocabulary
from yiwang.catalog.v1 import vocabulary_pb2 as pb

DAYS = 30
_SHANGHAI = timezone(timedelta(hours=8))


class VocabularyApi:
    """The methods of yiwang.catalog.v1.VocabularyService, by name."""

    def __init__(self, parts: Parts) -> None:
        self.database = parts.database
        self.vocabularies = store_vocabulary.vocabularies(parts.database)

    def GetVocabulary(self, request: pb.GetVocabularyRequest, call: Call) -> pb.Vocabulary:
        model_life.require_region(call.actor, request.region, "region")
        found = self.vocabularies.find({"_id": store_vocabulary.vocabulary_id(request.region)})
        return _view(found.state) if found else pb.Vocabulary(region=request.region)

    def SaveVocabulary(self, request: pb.SaveVocabularyRequest, call: Call) -> pb.Vocabulary:
        model_life.require_region(call.actor, request.region, "region")
        record = store.write(
            self.vocabularies,
            store_vocabulary.vocabulary_id(request.region),
            call.cause,
            lambda one: model_vocabulary.save(one, request.region, request.groups, request.version),
        )
        return _view(record.state)

    def ListMisses(self, request: pb.ListMissesRequest, call: Call) -> pb.ListMissesResponse:
        model_life.require_region(call.actor, request.region, "region")
        today = now().astimezone(_SHANGHAI).date()
        found = store_misses.most(self.database, request.region, today, request.days or DAYS)
        misses = [pb.Miss(words=miss.words, count=miss.times, last_day=miss.last_day) for miss in found]
        return pb.ListMissesResponse(misses=misses)


def _view(vocabulary: Vocabulary) -> pb.Vocabulary:
    groups = [pb.Synonyms(words=words) for words in vocabulary.groups]
    return pb.Vocabulary(region=vocabulary.region, version=vocabulary.version, groups=groups)
