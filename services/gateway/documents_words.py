"""The Chinese words of the page that verifies documents. Tables only."""

from services.gateway.words import Word
from yiwang.case.v1 import documents_pb2 as documents

FIELD = {"number": "文书编号", "code": "验证码", "sha256": "文件"}

STATE = {
    documents.DOCUMENT_STATE_VALID: Word("有效", "good"),
    documents.DOCUMENT_STATE_REVOKED: Word("已撤销", "bad"),
    documents.DOCUMENT_STATE_REPLACED: Word("期限已变更", "warn"),
    documents.DOCUMENT_STATE_CANCELLED: Word("结果已注销", "bad"),
}

# What it means for who holds the document.
MEANING = {
    documents.DOCUMENT_STATE_VALID: "这份文书由本平台出具，目前有效。",
    documents.DOCUMENT_STATE_REVOKED: "这份文书由本平台出具，其中的决定后来已被依法撤销。",
    documents.DOCUMENT_STATE_REPLACED: "这份文书由本平台出具，其中的期限后来已变更，以之后的文书或通知为准。",
    documents.DOCUMENT_STATE_CANCELLED: "这份文书由本平台出具，据此颁发的结果后来已依法注销。",
}

FILE = {
    documents.FILE_MATCH_SAME: Word("您选择的文件与本平台出具的文件完全一致。", "good"),
    documents.FILE_MATCH_DIFFERS: Word(
        "您选择的文件与本平台现在出具的文件不一致：可能被改动过，也可能经其他软件另存，或者在平台升级之前下载。"
        "请以持有人重新下载的文书为准。",
        "warn",
    ),
    documents.FILE_MATCH_UNKNOWN: Word("申请人的个人信息已依其要求删除，无法比对文件，只能核对上面的信息。", "quiet"),
}
