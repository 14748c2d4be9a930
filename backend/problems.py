"""Every refusal as the reader of an answer meets it (RFC 9457): one table, in two languages.

Each code has a page of its own under /problems/{code}: what happened, why, what to do next.
"""

import logging
from typing import Any, Final

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.types import Scope, Send
from msgspec import Struct

from backend.logs import LOG, say
from backend.speech import spoken
from events.errors import ConflictError, Refusal, StorageError, UnverifiedError
from events.language import Language

MEDIA_TYPE: Final = "application/problem+json"
_SERVER_FAULT: Final = 500
_UNAUTHORIZED: Final = 401


class Words(Struct, frozen=True):
    """A problem in one language: its title, what happened, why, and what to do next."""

    title: str
    what: str
    why: str
    next: str


class Problem(Struct, frozen=True):
    """A row of the table. `retry_after`: seconds, where trying again helps."""

    status: int
    zh: Words
    en: Words
    retry_after: int | None = None

    def words(self, language: Language) -> Words:
        """Return the words in `language`."""
        return self.zh if language == "zh" else self.en


class ProblemError(Exception):
    """Something of the table happened at the rim; `extra` members join the answer."""

    def __init__(self, code: str, **extra: object) -> None:
        super().__init__(code)
        self.code = code
        self.extra = extra


_DATABASE: Final = Problem(
    503,
    Words(
        "数据库暂时不可用",
        "服务器现在无法读写它的数据库，因此没有确认任何内容。",
        "数据库已停止、正在选举主节点、没有多数派，或者收回了权限。",
        "平板会保留全部记录并稍后重试。请管理员检查数据库和账号的权限；服务器日志写明了原因。",
    ),
    Words(
        "The database is not available",
        "The server cannot write to its database or read from it now; it acknowledged nothing.",
        "The database is down, elects a primary, has no majority, or a right was withdrawn.",
        "The tablet keeps everything and tries again. The administrator should see to the "
        "database and the user's rights; the server's log says what it was.",
    ),
    retry_after=15,
)

TABLE: Final[dict[str, Problem]] = {
    "database-failed": _DATABASE,
    "unreachable": _DATABASE,
    "conflict": Problem(
        409,
        Words(
            "从别处接着发",
            "服务器上这份日志的长度与平板所想的不同。",
            "上一次的回答可能在路上丢失了，或者中间的记录还没有发来。",
            "平板会从 held 之后接着发送，不需要人来处理。",
        ),
        Words(
            "Continue from another entry",
            "The server holds another length of this log than the tablet thinks.",
            "An earlier answer may have been lost, or entries in between were not sent.",
            "The tablet goes on behind `held` by itself; nobody has to act.",
        ),
    ),
    "unverified": Problem(
        422,
        Words(
            "记录未通过核验",
            "从 sequence 这一条起，记录与它的签名或与前一条记录不相符；此前的记录都已收下。",
            "内容在写下之后变动过，或者存储已经损坏。",
            "平板已停止发送。请保留平板上的数据，联系系统管理员；原始字节已隔离保存备查。",
        ),
        Words(
            "An entry does not verify",
            "From entry `sequence` on, what was sent does not agree with its signature or with "
            "the entry before. All before it was received.",
            "It changed after it was written, or the storage is damaged.",
            "The tablet has stopped sending. Keep its data and call the administrator; the bytes "
            "are set aside for the auditor.",
        ),
    ),
    "forked": Problem(
        422,
        Words(
            "同一日志写出了两份",
            "服务器上 sequence 这个序号已有另一条不同的记录。",
            "平板可能被复制过，或从备份恢复过，两处都继续写了下去。",
            "请联系系统管理员：为这台平板重新登记，开始一份新日志，并说明它接续哪一份。",
        ),
        Words(
            "The log was written twice",
            "The server holds another entry under number `sequence`.",
            "The tablet was copied or restored from a backup, and both went on writing.",
            "Call the administrator: enrol the tablet again with a new log that names the old one.",
        ),
    ),
    "foreign": Problem(
        422,
        Words(
            "不属于本单位或这份日志",
            "发来的记录是为另一个单位或另一份日志写的。",
            "平板登记在别的单位，或者数据混在了一起。",
            "请核对平板登记的单位；原始字节已隔离保存备查。",
        ),
        Words(
            "Of another bureau or another log",
            "What was sent was written for another bureau or another log.",
            "The tablet is enrolled elsewhere, or data were mixed up.",
            "Check where the tablet is enrolled; the bytes are set aside for the auditor.",
        ),
    ),
    "malformed": Problem(
        422,
        Words(
            "格式无法识别",
            "发来的字节不符合格式说明。",
            "程序版本不同，或数据在途中损坏。",
            "请更新平板程序后再试；仍不行时联系系统管理员。",
        ),
        Words(
            "Not in the format",
            "The bytes do not follow the format.",
            "The versions differ, or the bytes were damaged on their way.",
            "Update the tablet and try again; if that does not help, call the administrator.",
        ),
    ),
    "not-enrolled": Problem(
        403,
        Words(
            "平板未登记",
            "服务器不认识这份日志。",
            "这台平板还没有登记；或者服务器是从登记之前的备份恢复的。",
            "请向系统管理员要登记码。平板里已记录的内容仍然保留，登记后会全部补交。",
        ),
        Words(
            "Not enrolled",
            "The server does not know this log.",
            "The tablet was never enrolled, or the server was restored from a backup made before.",
            "Ask the administrator for an enrolment code. What the tablet recorded stays on it, "
            "and is handed in then.",
        ),
    ),
    "revoked": Problem(
        403,
        Words(
            "平板已撤销",
            "服务器不再信任这台平板：此前交来的记录有效，此后的不再收下，名单也不再下发。",
            "系统管理员撤销了它，例如因为报失、被盗、损坏或更换。",
            "请把平板交给系统管理员：凭新的登记码可重新登记；尚未交的记录仍保留在平板上，"
            "已送达的由单位决定是否采纳。",
        ),
        Words(
            "The tablet was revoked",
            "The server trusts this tablet no further: what it handed in counts, nothing more is "
            "taken in, and no lists are sent.",
            "The administrator revoked it, as lost, stolen, broken or replaced.",
            "Bring it to the administrator: with a new code it is enrolled again. What was not "
            "handed in stays on it; the office decides whether to adopt what arrived.",
        ),
    ),
    "enrolment-code": Problem(
        403,
        Words(
            "登记码无效",
            "这个登记码不存在、已过期、已用过，或与这台平板不符。",
            "每个登记码只能由一台平板使用一次，并且有期限。",
            "请向系统管理员要一个新的登记码。",
        ),
        Words(
            "The enrolment code is not valid",
            "There is no such code, or it expired, was used, or is not for this tablet.",
            "A code serves one tablet once, and for a limited time.",
            "Ask the administrator for a new code.",
        ),
    ),
    "sign-in": Problem(
        403,
        Words(
            "账号、口令或验证码不对",
            "账号与口令（或动态验证码）不相符，或者账号未开放，因此没有登录。",
            "可能输错，也可能账号已被锁定或口令已重置。",
            "请核对后再试；忘记口令时请安全管理员重置。",
        ),
        Words(
            "Name, password or code is not right",
            "Name and password, or the second factor, do not go together, or the account is not "
            "open; nobody was signed in.",
            "Something was mistyped, or the account was locked or reset.",
            "Check them and try again; ask the security administrator for a new link if the "
            "password is forgotten.",
        ),
    ),
    "sign-in-waiting": Problem(
        429,
        Words(
            "尝试次数过多，请稍候",
            "此前失败次数过多，这一次没有核对口令。",
            "为防止猜测口令，每次失败后等待的时间会加长。",
            "请在 seconds 所示的秒数之后再试，或请安全管理员重置账号。",
        ),
        Words(
            "Too many failed attempts: wait",
            "There were too many failures before; this time nothing was tried.",
            "Each further failure makes the wait longer, so that nobody guesses.",
            "Try again after so many `seconds`, or ask the security administrator for a new link.",
        ),
        retry_after=60,
    ),
    "second-factor": Problem(
        403,
        Words(
            "还需要动态验证码",
            "这个账号设有第二重验证，请求里没有验证码。",
            "口令单独不能登录这个账号。",
            "请填写手机验证器上的六位数字，或一个恢复码。",
        ),
        Words(
            "The second factor is asked for",
            "This account has a second factor, and the request brought none.",
            "The password alone does not open this account.",
            "Type the six digits of the authenticator, or a recovery code.",
        ),
    ),
    "no-officer": Problem(
        403,
        Words(
            "这个账号不能在平板上执法",
            "账号没有对应在册执法人员，或该人员今天不在册。",
            "只有在册、在岗的执法人员才能在平板上登录。",
            "请安全管理员在账号中填写执法证号；不在册时请科室更新执法人员名单。",
        ),
        Words(
            "This account may not inspect on a tablet",
            "The account names no officer of the register, or one who is not on the list today.",
            "Only officers on the list sign in on a tablet.",
            "Ask the security administrator to name the officer's certificate in the account, or "
            "the office to put the list right.",
        ),
    ),
    "no-certificate": Problem(
        403,
        Words(
            "执法证今天无效",
            "该执法人员今天没有有效的行政执法证。",
            "证件已到期、被收回，或尚未登记。",
            "请科室登记换发的证件，然后重新登录。",
        ),
        Words(
            "No certificate that is valid today",
            "The officer has no certificate of enforcement that is valid today.",
            "It ended, was withdrawn, or was never listed.",
            "Have the office list the renewed certificate, then sign in again.",
        ),
    ),
    "unsigned": Problem(
        401,
        Words(
            "请求没有有效签名",
            "这个请求没有平板的签名，签名不对，或时间相差太大。",
            "只有登记过的平板才能取得工作数据；平板的时钟可能不准。",
            "请检查平板的日期和时间后再试。",
        ),
        Words(
            "The request is not signed",
            "The request has no signature of a tablet, a wrong one, or one of another time.",
            "Only enrolled tablets may fetch work; the tablet's clock may be wrong.",
            "Check date and time of the tablet, then try again.",
        ),
    ),
    "too-large": Problem(
        413,
        Words(
            "内容过大",
            "发来的内容超过了允许的大小。",
            "一次最多 1000 条记录、4 MiB（解压之后）。",
            "请分成几次发送。",
        ),
        Words(
            "Too large",
            "What was sent is larger than allowed.",
            "A push has at most 1,000 entries and 4 MiB when opened.",
            "Send it in several parts.",
        ),
    ),
    "upload-version": Problem(
        412,
        Words(
            "上传协议版本不同",
            "请求没有说明它使用 tus 1.0.0。",
            "发送的程序不是平板程序，或者版本不同。",
            "请在 Tus-Resumable 中写明 1.0.0；平板请更新程序。",
        ),
        Words(
            "Another version of the upload",
            "The request does not say that it speaks tus 1.0.0.",
            "What sends is no tablet, or of another version.",
            "Say 1.0.0 in Tus-Resumable; update the tablet.",
        ),
    ),
    "upload-offset": Problem(
        409,
        Words(
            "照片从别处接着传",
            "服务器上这张照片已有的字节数与 Upload-Offset 不同。",
            "上一次的回答可能在路上丢失了，或者照片已经传完。",
            "平板会从 offset 处接着传，不需要人来处理。",
        ),
        Words(
            "The picture continues elsewhere",
            "The server has another number of bytes of this picture than Upload-Offset says.",
            "An earlier answer may have been lost, or the picture is whole already.",
            "The tablet goes on at `offset` by itself; nobody has to act.",
        ),
    ),
    "upload-busy": Problem(
        423,
        Words(
            "照片正在上传",
            "另一个请求正在传同一张照片。",
            "上一次的连接还没有断开。",
            "平板稍后会再试，不需要人来处理。",
        ),
        Words(
            "The picture is being sent",
            "Another request is sending this picture.",
            "The connection before it has not ended yet.",
            "The tablet tries again by itself; nobody has to act.",
        ),
        retry_after=5,
    ),
    "picture-damaged": Problem(
        422,
        Words(
            "照片与它的指纹不符",
            "收齐的字节与照片的 SHA-256 不一致，因此没有保存。",
            "照片在平板上或在途中损坏了。",
            "平板下次启动时会从头再传；仍不行时请系统管理员检查平板的存储。",
        ),
        Words(
            "The picture is not what its name says",
            "All bytes came, and their SHA-256 is another one: nothing was kept.",
            "It was damaged on the tablet or on its way.",
            "The tablet sends it anew when it starts again; if that does not help, have its "
            "storage checked.",
        ),
    ),
    "media-type": Problem(
        415,
        Words(
            "内容类型不支持",
            "Content-Type 或 Content-Encoding 不是这里接受的类型。",
            "这个地址只接受一种格式，压缩只接受 zstd。",
            "请按接口说明发送。",
        ),
        Words(
            "Content type not supported",
            "Content-Type or Content-Encoding is not one that is taken here.",
            "This address takes one format, compressed with zstd or not at all.",
            "Send what the API description asks for.",
        ),
    ),
    "storage": Problem(
        507,
        Words(
            "服务器存不下了",
            "服务器无法把记录可靠地写到磁盘，因此一条也没有收下。",
            "磁盘已满、只读或有故障。",
            "平板会保留全部记录并稍后重试。请管理员清理或检查磁盘。",
        ),
        Words(
            "The server cannot store it",
            "The server could not make it durable, so it took nothing.",
            "The disk is full, read-only or failing.",
            "The tablet keeps everything and tries again. The administrator should see to the "
            "disk.",
        ),
        retry_after=30,
    ),
    "busy": Problem(
        503,
        Words(
            "正忙，请稍后",
            "另一个进程正在写同一份数据。",
            "管理命令和服务器同时在写。",
            "稍后自动重试即可。",
        ),
        Words(
            "Busy",
            "Another process is writing the same data.",
            "A command of the office and the server met.",
            "Try again in a moment.",
        ),
        retry_after=2,
    ),
    "not-ready": Problem(
        503,
        Words(
            "尚未就绪",
            "服务器在运行，但现在不能写入或计算。",
            "正在启动、停止，或存储出了问题。",
            "请稍后再试；持续如此时查看服务器日志。",
        ),
        Words(
            "Not ready",
            "The server runs but cannot write or compute now.",
            "It is starting or stopping, or its storage has a problem.",
            "Try again later; if it stays so, see the server's log.",
        ),
        retry_after=5,
    ),
    "erased": Problem(
        410,
        Words(
            "已依法清除",
            "这部分个人信息已清除，无法再打开。",
            "它的密钥已被销毁；记录本身仍可核验。",
            "不需要处理。",
        ),
        Words(
            "Erased",
            "This personal data was erased and cannot be opened again.",
            "Its key was destroyed; the record itself still verifies.",
            "Nothing has to be done.",
        ),
    ),
    "folder": Problem(
        503,
        Words(
            "数据目录不可用",
            "数据目录缺失，或不是巡记的目录。",
            "目录被移动、改名，或磁盘未挂载。",
            "请管理员检查数据目录。",
        ),
        Words(
            "The data folder is not usable",
            "The data folder is missing, or not one of Xunji.",
            "It was moved or renamed, or the disk is not mounted.",
            "The administrator should look at the data folder.",
        ),
    ),
    "bad-request": Problem(
        400,
        Words(
            "请求有误",
            "请求的参数不符合接口说明。",
            "有参数缺失、超出范围，或写法不对。",
            "请对照接口说明改正后再试。",
        ),
        Words(
            "Bad request",
            "The request does not follow the API description.",
            "A parameter is missing, out of range or misspelt.",
            "Compare with the API description and try again.",
        ),
    ),
    "not-found": Problem(
        404,
        Words(
            "没有这个地址",
            "这里没有这样的页面或数据。",
            "地址有误，或它已不在。",
            "请从首页重新进入。",
        ),
        Words(
            "Not found",
            "There is no such page or data here.",
            "The address is wrong, or what it named is gone.",
            "Start again from the first page.",
        ),
    ),
    "method": Problem(
        405,
        Words(
            "不支持这种请求方法",
            "这个地址不接受这种请求方法。",
            "例如对只读的地址发送了数据。",
            "请对照接口说明。",
        ),
        Words(
            "Method not allowed",
            "This address does not take this method.",
            "Something was sent to an address that is only read, for example.",
            "See the API description.",
        ),
    ),
    "too-long": Problem(
        422,
        Words(
            "历史太长，不能在线复算",
            "历史的记录数超过了一次请求可以复算的上限。",
            "复算要从第一条记录算起，记录很多时需要很久。",
            "请在服务器上使用命令：xunji replay。",
        ),
        Words(
            "Too long to replay here",
            "The history has more records than one request may replay.",
            "A replay starts from the first record, which takes long when there are many.",
            "Use the command on the server: xunji replay.",
        ),
    ),
    "not-signed-in": Problem(
        401,
        Words(
            "请先登录",
            "这个地址只对已登录的人员开放。",
            "还没有登录，或者登录已过期、已在别处退出。",
            "请在登录页登录后再试。",
        ),
        Words(
            "Sign in first",
            "This address is for people who have signed in.",
            "You have not signed in, or the session ended or was ended elsewhere.",
            "Sign in on the sign-in page, then try again.",
        ),
    ),
    "app-key": Problem(
        401,
        Words(
            "应用密钥无效",
            "这个应用密钥不能使用。",
            "密钥抄错、已到期或已撤销，或者它所属的账号已停用。",
            "请在“我的账号”页新建一个密钥；用户名填密钥编号或账号，密码填整个密钥。",
        ),
        Words(
            "The app key does not hold",
            "This app key cannot be used.",
            "It was copied wrongly, has ended or was revoked, or its account is closed.",
            "Make a new one on the page of your account; the user name is the key's id or your "
            "account, the password is the whole key.",
        ),
    ),
    "too-many": Problem(
        429,
        Words(
            "尝试过多",
            "从这里来的错误密钥太多，现在不再检查。",
            "这样就没有人能靠反复尝试猜中。",
            "请等 seconds 秒后，用正确的密钥再试。",
        ),
        Words(
            "Too many attempts",
            "Too many wrong keys came from here; none is looked at now.",
            "So nobody finds one by trying.",
            "Wait `seconds`, then try again with the right key.",
        ),
        retry_after=60,
    ),
    "no-right": Problem(
        403,
        Words(
            "没有这项权限",
            "您的角色不能使用这个地址。",
            "系统管理、安全管理和审计相互分开，每个角色只有所需的权限。",
            "如工作需要，请向安全管理员申请。",
        ),
        Words(
            "Not among your rights",
            "Your role may not use this address.",
            "Administration, security and audit are apart; each role has what it needs, no more.",
            "If your work needs it, ask the security administrator.",
        ),
    ),
    "scope": Problem(
        403,
        Words(
            "超出您的范围",
            "所要的内容不在您负责的领域或镇街之内，或者不能按您的范围缩小。",
            "您的账号只限于 domains 和 townships 所列的领域和镇街。",
            "请改选自己的范围；需要更大范围时，请向安全管理员申请。",
        ),
        Words(
            "Beyond your scope",
            "What was asked for lies outside your domains or townships, or cannot be cut down "
            "to them.",
            "Your account is limited to what `domains` and `townships` name.",
            "Ask within your own scope; for more, turn to the security administrator.",
        ),
    ),
    "cross-site": Problem(
        403,
        Words(
            "表单已失效",
            "这个请求不是从当前登录的页面发出的，因此什么也没有做。",
            "页面打开太久、期间重新登录过，或请求来自别的网站。",
            "请重新打开页面，再做一次。",
        ),
        Words(
            "The form does not hold any more",
            "The request did not come from a page of your present session, so nothing was done.",
            "The page was open for long, you signed in anew, or another site sent it.",
            "Open the page again and repeat it.",
        ),
    ),
    "insecure": Problem(
        421,
        Words(
            "须经加密连接访问",
            "请求不是经由加密连接（HTTPS）到达的。",
            "从别的机器访问时，口令和个人信息必须加密传输。",
            "请使用 https:// 开头的地址。",
        ),
        Words(
            "Only over an encrypted connection",
            "The request did not arrive over HTTPS.",
            "From another machine, passwords and personal data travel encrypted only.",
            "Use the address that begins with https://.",
        ),
    ),
    "host": Problem(
        421,
        Words(
            "不是这台服务器的名称",
            "请求使用了别的主机名。",
            "服务器只回答它自己的名称：别处的网页因此不能借它行事。",
            "请使用管理员告知的地址。",
        ),
        Words(
            "Not a name of this server",
            "The request used another host name.",
            "The server answers to its own names only, so that no page elsewhere can reach it.",
            "Use the address that the administrator named.",
        ),
    ),
    "internal": Problem(
        500,
        Words(
            "服务器出错",
            "服务器遇到了没有料到的错误。",
            "这是程序的问题，不是您的问题。",
            "平板会稍后重试。请把请求编号告诉管理员。",
        ),
        Words(
            "The server failed",
            "The server met an error that it did not expect.",
            "It is a fault of the program, not yours.",
            "The tablet tries again later. Tell the administrator the request's id.",
        ),
    ),
}

_BY_STATUS: Final = {
    400: "bad-request",
    401: "not-signed-in",
    403: "no-right",
    404: "not-found",
    405: "method",
    413: "too-large",
    415: "media-type",
    503: "not-ready",
}


def document(code: str, language: Language, **extra: object) -> dict[str, Any]:
    """Return the members of a problem document."""
    problem = TABLE[code]
    words = problem.words(language)
    return {
        "type": f"/problems/{code}",
        "title": words.title,
        "status": problem.status,
        "detail": words.what,
        "code": code,
        "why": words.why,
        "next": words.next,
        **extra,
    }


def of_refusal(refusal: Refusal) -> tuple[str, dict[str, Any]]:
    """Return a refusal's code, and what the writer needs to go on or to tell a person."""
    code = refusal.code if refusal.code in TABLE else "bad-request"
    match refusal:
        case ConflictError():
            return code, {"held": refusal.held, "held_hash": refusal.held_hash.hex()}
        case UnverifiedError():
            return code, {"sequence": refusal.sequence, "reason": refusal.reason}
        case _:
            return code, {}


def _respond(request: Request[Any, Any, Any], code: str, **extra: object) -> Response[bytes]:
    problem = TABLE[code]
    language = spoken(request.headers.get("accept-language", ""))
    if problem.status >= _SERVER_FAULT:
        extra["request"] = _id_of(request)
    headers = {"content-language": language, "vary": "accept-language"}
    if problem.retry_after is not None:
        headers["retry-after"] = str(extra.get("seconds", problem.retry_after))
    if problem.status == _UNAUTHORIZED:
        challenge = request.scope["state"].get("challenge", "Session")
        headers["www-authenticate"] = "Xunji" if code == "unsigned" else challenge
    content = msgspec.json.encode(document(code, language, **extra))
    return Response(content, status_code=problem.status, media_type=MEDIA_TYPE, headers=headers)


def on_refusal(request: Request[Any, Any, Any], refusal: Refusal) -> Response[bytes]:
    """Answer a refusal of the conversation or of the store."""
    code, extra = of_refusal(refusal)
    found = {"found": str(refusal)} if isinstance(refusal, StorageError) else {}
    say("refused", logging.WARNING, id=_id_of(request), code=code, **extra, **found)
    return _respond(request, code, **extra)


def on_problem(request: Request[Any, Any, Any], problem: ProblemError) -> Response[bytes]:
    """Answer a problem met at the rim."""
    say("problem", logging.WARNING, id=_id_of(request), code=problem.code)
    return _respond(request, problem.code, **problem.extra)


def on_http(request: Request[Any, Any, Any], failure: HTTPException) -> Response[bytes]:
    """Answer what the framework refused: an unknown path, a parameter out of bounds."""
    code = _BY_STATUS.get(failure.status_code, "")
    if not code:
        code = "internal" if failure.status_code >= _SERVER_FAULT else "bad-request"
    parameters = _parameters(failure) if code == "bad-request" else {}
    return _respond(request, code, **parameters)


def _parameters(failure: HTTPException) -> dict[str, Any]:
    try:
        wrong = msgspec.convert(failure.extra, list[_Wrong])
    except msgspec.ValidationError:
        return {}
    return {"parameters": [{"name": one.key, "reason": one.message[:200]} for one in wrong]}


class _Wrong(Struct, frozen=True):
    """What the framework says of a parameter."""

    message: str
    key: str = ""


def on_fault(request: Request[Any, Any, Any], fault: Exception) -> Response[bytes]:
    """Answer what nobody expected, and log where it happened."""
    LOG.error("fault", exc_info=fault, extra={"fields": {"id": _id_of(request)}})
    return _respond(request, "internal")


def _id_of(request: Request[Any, Any, Any]) -> str:
    return str(request.scope["state"].get("request_id", ""))


async def refuse(scope: Scope, send: Send, code: str) -> None:
    """Answer outside the application, where no handler was chosen yet."""
    headers = dict(scope["headers"])
    language = spoken(headers.get(b"accept-language", b"").decode("latin-1"))
    body = msgspec.json.encode(document(code, language))
    await send(
        {
            "type": "http.response.start",
            "status": TABLE[code].status,
            "headers": [
                (b"content-type", MEDIA_TYPE.encode()),
                (b"content-length", str(len(body)).encode()),
                (b"content-language", language.encode()),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})


EXCEPTION_HANDLERS: Final[Any] = {
    Refusal: on_refusal,
    ProblemError: on_problem,
    HTTPException: on_http,
    Exception: on_fault,
}
