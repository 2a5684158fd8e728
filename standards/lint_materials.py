"""Rules L131 to L159 of the guide lint: materials and the questions of the scenario guide. Each yields (field, what is wrong)."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from standards.lint_words import Check, Item, Spot, filled, objects, repeated, shown
from yiwang.catalog.v1 import service_pb2 as pb

Material = pb.Material
REQUIRED, OPTIONAL, CONDITIONAL = pb.NECESSITY_REQUIRED, pb.NECESSITY_OPTIONAL, pb.NECESSITY_CONDITIONAL

_CONDITION = re.compile(
    r"(?:仅|只)(?:限|有|适用于|对|需|在)?[^）；。]{0,40}(?:提供|需要|提交|适用|时|需)|(?:^|[（(；。，])[^（(；。，]{2,30}的[，,]?(?:应(?![急用聘届收付税征变激])当?|须(?!知)|需(?!求|要的)|还应|提供|提交)"
    r"|适用于|如有|如需|情况下|标为必要|标注为必要|可以?不(?:再)?提[供交]|(?:无需|不需|无须|不用)(?:再)?提[供交]|可(?:不需|免)提交|时(?:需|应)?(?:提供|提交|报送)"
)
"""The name or the note says that not everybody must hand it in."""
_ONE_OF = re.compile(r"[二两三四五多任]选一|任选其?一|之一(?:即可)?|其中(?:一|任一)[项种份]|或者?提供|满足其一")
_BY_OFFICER = re.compile(
    r"办理过程中(?:产生|形成)|(?:工作人员|办理机关|经办机构|审批部门|中心)(?:提供|审核确认|上传|填写|制作|出具)|由(?:办理|受理|审批)机关"
)
_BY_SYSTEM = re.compile(r"系统(?:自动)?(?:生成|自带|产生)|自动生成")
_LATER = re.compile(r"后一阶段|施工后提?出?|竣工后|(?:验收|年审)时(?:提交|提供)|办结后(?:提交|补交)")
_BODY = re.compile(r"^(?:本人|申请人)?(?:指纹|虹膜|人脸|声纹|生物(?:特征|识别))")
_CATCH_ALL = re.compile(
    r"^(?:其他|其它|有关|相关|补充|辅助)(?:有关|相关|需要|与?[^的]{0,16}有关的?|应当?提交的?)?(?:证明)?(?:材料|资料|文件|证明)"
    r"|(?:法律|法规|规章|部门)[^，。]{0,12}规定的(?:其他|其它)?(?:材料|文件|资料)|相关辅助材料|补充材料|认为需要(?:提供|提交)的"
)
_LICENCES = re.compile(
    r"营业执照|身份证|户口(?:簿|本)|结婚证|离婚证|不动产(?:权|权属)证|行驶证|驾驶证|社会保障卡|居住证(?!明)|护照|[^申请]许可证$|登记证书$|组织机构代码证"
)
_NOT_A_LICENCE = re.compile(r"申请|承诺|合同|报告|表$|委托|复印件以外|说明")
_PERSONS = re.compile(r"居民身份证|户口簿")
_SIDES = re.compile(
    r"[（(]?(?:正面|反面|正反面|正本|副本|原件|复印件|影印件|扫描件|电子版|及其)[）)]?|[\s。；，、《》“”（）()]"
)
_FORM = re.compile(r"(?:申请|登记|申报|审批|备案|报装|审核)(?:表|书)|表$")
_ORIGINAL = re.compile(r"(?:须|应|必须|需)(?:当|要)?(?:提[供交]|为|是)?原件")
_ONLINE = re.compile(r"网上提交|线上提交|在线提交")
MANY_MATERIALS = 12


def each(look: Callable[[Item, Material], Iterator[Spot]]) -> Check:
    """A rule on one material, as a rule on all: the field it names stands behind the material's position."""

    def check(item: Item) -> Iterator[Spot]:
        for position, material in enumerate(item.materials):
            for field, words in look(item, material):
                yield f"materials[{position}]{'.' if field else ''}{field}", f"材料“{shown(material.name)}”{words}"

    return check


def double_names(item: Item) -> Iterator[Spot]:
    """L131: one material twice, or its two sides as two."""
    names = [_SIDES.sub("", material.name) for material in item.materials]
    for position, first in repeated(names):
        one, other = item.materials[first], item.materials[position]
        if not (one.HasField("when") and other.HasField("when")):
            yield (
                f"materials[{position}].name",
                f"材料“{shown(other.name)}”与第{first + 1}项“{shown(one.name)}”是同一材料",
            )


def condition_in_words(item: Item, material: Material) -> Iterator[Spot]:
    """L132: required, and the words say of whom."""
    if material.necessity != REQUIRED or material.HasField("when") or material.one_of:
        return
    for text in (material.name, material.note):
        if text and (found := _CONDITION.search(text)):
            yield "necessity", f"标为必要，文字却说只对部分申请人：“{shown(found[0].strip('（(，；'))}”"
            return


def condition_unruled(item: Item, material: Material) -> Iterator[Spot]:
    """L133: of some, and no rule says of whom."""
    if material.necessity == CONDITIONAL and not material.HasField("when"):
        yield "when", "只对部分申请人必要，条件只在文字里，不能按情形引导"


def alternatives(item: Item) -> Iterator[Spot]:
    """L134: one of several, and no group says which; or a group of one."""
    groups = Counter(material.one_of for material in item.materials if material.one_of)
    for position, material in enumerate(item.materials):
        path = f"materials[{position}].one_of"
        if material.one_of:
            if groups[material.one_of] == 1:
                yield path, f"材料“{shown(material.name)}”的任选组“{material.one_of}”只有它一项"
        elif material.necessity != OPTIONAL and (
            found := _ONE_OF.search(material.name) or _ONE_OF.search(material.note)
        ):
            yield path, f"材料“{shown(material.name)}”写明“{found[0]}”，未设为任选组"


def not_by_applicant(item: Item, material: Material) -> Iterator[Spot]:
    """L135: made while the case is handled, and listed as the applicant's."""
    told = _BY_OFFICER.search(material.note) or _BY_OFFICER.search(material.name)
    if material.maker == pb.MAKER_OFFICER or told:
        if material.maker != pb.MAKER_OFFICER or material.necessity == REQUIRED:
            yield (
                "maker",
                "由工作人员在办理中产生，不应列为申请人提交的"
                + ("必要材料" if material.necessity == REQUIRED else "材料"),
            )
    elif _BY_SYSTEM.search(material.note) and material.maker != pb.MAKER_SYSTEM:
        yield "maker", "由系统生成，不应要求申请人自备"


def later_stage(item: Item, material: Material) -> Iterator[Spot]:
    """L136: due later than the application."""
    if material.stage:
        yield "stage", f"属于“{material.stage}”阶段，申请时不提交，指南应分阶段列出"
    elif found := _LATER.search(material.note):
        yield "stage", f"文字说明在后续阶段提交（“{found[0]}”），未填写所属阶段"


def no_file(item: Item, material: Material) -> Iterator[Spot]:
    """L137: a fingerprint is no file."""
    if material.kind == pb.MATERIAL_KIND_BIOMETRIC or _BODY.search(material.name):
        yield "kind", "不是文件，是到场采集的信息，不应列为申请材料"


def could_be_shared(item: Item, material: Material) -> Iterator[Spot]:
    """L138: a licence of the government, and nothing replaces it."""
    if material.waiver > pb.WAIVER_NONE or material.maker in (pb.MAKER_OFFICER, pb.MAKER_SYSTEM):
        return
    licence = material.kind == pb.MATERIAL_KIND_LICENCE or (
        _LICENCES.search(material.name) and not _NOT_A_LICENCE.search(material.name)
    )
    if licence:
        yield "waiver", "是政府核发的证照，应由电子证照或数据共享代替，现要求申请人提交"


def licence_unnamed(item: Item, material: Material) -> Iterator[Spot]:
    """L139: replaced by an electronic licence that is not named."""
    if material.waiver == pb.WAIVER_LICENCE and not material.licence_code and not material.licence_name:
        yield "licence_code", "由电子证照代替，未写明是哪一种电子证照"


def licence_of_persons(item: Item, material: Material) -> Iterator[Spot]:
    """L140: everybody's proof of identity, replaced by a licence only natural persons have."""
    if not _PERSONS.search(material.licence_name) or _PERSONS.search(material.name) or material.HasField("when"):
        return
    if objects(item)[1]:
        yield "licence_name", f"对应“{material.licence_name}”，法人申请人没有此证"


def own_papers(item: Item, material: Material) -> Iterator[Spot]:
    """L141: what this very department issued."""
    if (
        material.issuer
        and material.issuer.strip() == item.department.name.strip()
        and material.maker != pb.MAKER_OFFICER
    ):
        yield "issuer", "由本部门核发，不应再要求申请人提交"


def catch_all(item: Item, material: Material) -> Iterator[Spot]:
    """L142: 其他有关材料 names nothing that could be prepared."""
    if found := _CATCH_ALL.search(material.name.strip("《》。")):
        yield "name", f"是兜底表述（“{shown(found[0])}”），申请人无法据以准备"


def form_files(item: Item, material: Material) -> Iterator[Spot]:
    """L143: a form comes with its blank."""
    if (material.kind == pb.MATERIAL_KIND_FORM or _FORM.search(material.name)) and not material.HasField("blank_form"):
        yield "blank_form", "是表格，没有提供空白表"


def sample_files(item: Item, material: Material) -> Iterator[Spot]:
    """L144: and with a filled-in sample."""
    if (material.kind == pb.MATERIAL_KIND_FORM or _FORM.search(material.name)) and not material.HasField("sample"):
        yield "sample", "是表格，没有提供填写样例"


def original_or_copy(item: Item, material: Material) -> Iterator[Spot]:
    """L145: a copy is asked for, and the standard of acceptance wants the original."""
    copy_only = (material.duplicates and not material.originals) or material.form.startswith("复印件")
    if copy_only and (found := _ORIGINAL.search(material.standard) or _ORIGINAL.search(material.note)):
        yield "standard", f"收取复印件，受理标准却要求原件（“{found[0]}”）"


def paper_online(item: Item, material: Material) -> Iterator[Spot]:
    """L146: wholly online and without post, paper cannot be handed in."""
    if material.medium != pb.MATERIAL_FORM_PAPER or material.necessity != REQUIRED:
        return
    if item.online and not item.visits and not item.postal and pb.HANDLING_FORM_POST not in item.handling_forms:
        yield "medium", "只收纸质，而事项网上办理、不到现场、不支持快递"


def online_offline(item: Item, material: Material) -> Iterator[Spot]:
    """L147: offline only, and the material is handed in online."""
    if item.online or pb.HANDLING_FORM_WEB in item.handling_forms or pb.HANDLING_FORM_MOBILE in item.handling_forms:
        return
    if material.medium == pb.MATERIAL_FORM_ELECTRONIC or _ONLINE.search(material.note) or _ONLINE.search(material.form):
        yield "medium", "要求网上（电子）提交，而事项只能线下办理"


def excludes_unknown(item: Item) -> Iterator[Spot]:
    """L148: excludes itself, or what is not listed."""
    keys = {material.key for material in item.materials}
    for position, material in enumerate(item.materials):
        for key in material.excludes:
            if key == material.key or key not in keys:
                yield (
                    f"materials[{position}].excludes",
                    f"材料“{shown(material.name)}”排斥的材料“{key}”"
                    + ("就是它自己" if key == material.key else "不在清单中"),
                )


def no_materials(item: Item) -> Iterator[Spot]:
    """L149: online, and nothing to hand in."""
    if item.online and not item.materials:
        yield "materials", "可网上办理，未列出任何申请材料"


def only_electronic(item: Item) -> Iterator[Spot]:
    """L150: every material electronic only shuts out who does not use the internet."""
    media = [
        material.medium for material in item.materials if material.maker not in (pb.MAKER_OFFICER, pb.MAKER_SYSTEM)
    ]
    if len(media) > 1 and all(medium == pb.MATERIAL_FORM_ELECTRONIC for medium in media):
        yield "materials", f"全部{len(media)}项材料只收电子，不用互联网的申请人无法提交"


def source_unclear(item: Item, material: Material) -> Iterator[Spot]:
    """L151: where it comes from."""
    if not material.source and not material.maker and not material.issuer:
        yield "source", "未写明来源渠道（申请人自备、政府部门核发、其他）"


def unsorted_scenarios(item: Item) -> Iterator[Spot]:
    """L152: much to hand in, or the scenarios stand in the conditions, and no question sorts it."""
    if item.questions:
        return
    open = sum(material.necessity == CONDITIONAL for material in item.materials)
    if len(item.materials) >= MANY_MATERIALS or open >= 3:
        told = f"，其中{open}项只对部分申请人" if open else ""
        yield "questions", f"列出{len(item.materials)}项材料{told}，没有按情形分类"
    elif _SCENARIOS.search(item.conditions):
        yield "questions", "情形写在受理条件里，没有设为情形引导的问题"


_SCENARIOS: Final = re.compile(r"情形：[^\n]{0,200}、|(?:的，(?:应当?|还应|须)?提交.*){2}", re.DOTALL)


def unclear_note(item: Item, material: Material) -> Iterator[Spot]:
    """L153: a note that says nothing."""
    if material.note and not filled(material.note):
        yield "note", f"的说明是占位文字“{shown(material.note)}”"
