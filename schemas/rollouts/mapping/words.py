"""What writers call the fields that a mapping looks for; only `suggest` reads these, and only to propose.

Names are compared in lower case without punctuation. Earlier names are better guesses. A name may join the holder's:
`taskid` is also `task.id`.
"""

from collections.abc import Mapping

from schemas.trajectory import Role, Status

ROLE = ("role", "from", "speaker", "author", "sender", "who", "source", "type", "authorrole")
CONTENT = ("content", "value", "text", "utterance", "message", "body", "words", "msg")
REASONING = ("reasoningcontent", "reasoning", "thinking", "thought", "thoughts", "rationale")
CALLS = ("toolcalls", "calls", "functioncalls", "toolcall", "functioncall", "tools", "actions")
CALL_NAME = ("functionname", "name", "toolname", "tool", "fn", "function", "action")
CALL_ARGUMENTS = ("functionarguments", "arguments", "args", "parameters", "params", "input", "kwargs")
CALL_ID = ("id", "callid", "toolcallid")
ANSWERED_ID = ("toolcallid", "callid", "sourcecallid", "inreplyto")
NAME = ("name", "toolname", "tool")
STEP_REWARD = ("reward", "stepreward", "r")
ACTION = ("action", "act", "modelaction", "command", "move")
OBSERVATION = ("observation", "obs", "state", "envobservation", "feedback", "screen")
PROMPT = ("prompt", "question", "query", "input", "problem", "instruction", "messages")
RESPONSE = (
    "completions", "completion", "responses", "response", "outputs", "output", "generations", "generation",
    "answers", "generatedtext", "rollouts", "samples",
)  # fmt: skip

FIELDS: Mapping[str, tuple[str, ...]] = {
    "task_key": (
        "taskid", "taskkey", "instanceid", "problemid", "questionid", "promptid", "caseid", "task", "uid", "id",
    ),
    "benchmark": ("benchmark", "dataset", "datasetname", "suite", "datasource", "envname", "env"),
    "split": ("split", "subset"),
    "instruction": ("instruction", "taskinstruction", "taskdescription", "goal", "problemstatement"),
    "trial": ("trial", "attempt", "sampleindex", "sampleid", "runindex", "rolloutindex", "rolloutid", "seed"),
    "agent": ("agent", "agentname", "scaffold", "harness", "botname"),
    "model": ("model", "modelname", "modelid", "policy", "llm"),
    "status": ("status", "exitstatus", "finishreason", "stopreason", "end", "state", "ended"),
    "termination_reason": ("terminationreason", "exitreason", "endreason", "stopreason", "finishreason"),
    "outcome_reward": (
        "outcomereward", "finalreward", "totalreward", "reward", "rewards", "score", "scores", "outcome", "return",
        "success", "succeeded", "resolved", "solved", "passed", "iscorrect", "correct", "verdict", "label",
    ),
    "cost_usd": ("costusd", "totalcostusd", "totalcost", "cost"),
    "prompt_tokens": ("prompttokens", "inputtokens", "totalprompttokens", "totalinputtokens"),
    "completion_tokens": ("completiontokens", "outputtokens", "totalcompletiontokens", "totaloutputtokens"),
    "tools": ("tools", "toolschemas", "functions", "tooldefinitions", "availabletools"),
    "system": ("system", "systemprompt", "systemmessage"),
}  # fmt: skip
"""By canonical field; a field is proposed for the first path whose values all fit it."""

SECRETS: Mapping[str, tuple[str, ...]] = {
    "gold_actions": ("goldactions", "expectedactions", "groundtruthactions", "referenceactions", "goldpatch", "patch"),
    "gold_outputs": (
        "goldoutputs", "groundtruth", "gold", "goldanswer", "answer", "expected", "expectedoutput", "expectedanswer",
        "reference", "referenceanswer", "solution", "target",
    ),
    "private_instruction": ("userinstruction", "userscenario", "privateinstruction"),
    "extra": ("testpatch", "rubric", "rubrics", "hiddentests", "tests", "testcases", "failtopass", "passtopass"),
}  # fmt: skip
"""What may be gold goes to quarantine even on a guess: a wrong guess there leaks nothing."""

ROLE_WORDS: Mapping[str, Role] = {
    "developer": Role.SYSTEM, "human": Role.USER, "customer": Role.USER, "caller": Role.USER, "client": Role.USER,
    "gpt": Role.ASSISTANT, "ai": Role.ASSISTANT, "bot": Role.ASSISTANT, "agent": Role.ASSISTANT,
    "model": Role.ASSISTANT, "chatgpt": Role.ASSISTANT, "llm": Role.ASSISTANT, "functioncall": Role.ASSISTANT, "function": Role.TOOL,
    "observation": Role.TOOL, "environment": Role.TOOL, "env": Role.TOOL, "ipython": Role.TOOL,
    "functionresponse": Role.TOOL, "toolresponse": Role.TOOL, "toolresult": Role.TOOL,
    **{role.value: role for role in Role},
}  # fmt: skip
STATUS_WORDS: Mapping[str, Status] = {
    "done": Status.COMPLETED, "finished": Status.COMPLETED, "submitted": Status.COMPLETED, "ok": Status.COMPLETED,
    "stop": Status.COMPLETED, "complete": Status.COMPLETED, "maxsteps": Status.TRUNCATED,
    "maxturns": Status.TRUNCATED, "maxiterations": Status.TRUNCATED, "length": Status.TRUNCATED,
    "timeout": Status.TRUNCATED, "exitcost": Status.TRUNCATED, "exitcontext": Status.TRUNCATED,
    "infraerror": Status.INFRA_ERROR, "enverror": Status.INFRA_ERROR, "agenterror": Status.AGENT_ERROR,
    **{status.value: status for status in Status},
}  # fmt: skip
VERDICT_WORDS: Mapping[str, int] = {
    "success": 1, "pass": 1, "passed": 1, "solved": 1, "resolved": 1, "correct": 1, "win": 1, "yes": 1,
    "failure": 0, "fail": 0, "failed": 0, "unsolved": 0, "unresolved": 0, "incorrect": 0, "wrong": 0, "loss": 0,
    "no": 0,
}  # fmt: skip


def plain(name: str) -> str:
    """Bring a name to the form of the lists here.

    Examples:
        >>> plain("Task_ID")
        'taskid'
    """
    return "".join(char for char in name.lower() if char.isalnum())
