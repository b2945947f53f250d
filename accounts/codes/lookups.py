"""Why somebody is looked up at a counter, where no case is begun for it."""

from yibao.lib.codes import TextCode


class LookupPurpose(TextCode):
    """查人的目的. The insured read it on their own page, so it is said in their words."""

    QUESTION = "question", "咨询和查询"
    PROGRESS = "progress", "查办事进度"
    REPRINT = "reprint", "补打回执"
    OBJECTION = "objection", "核实异议"
