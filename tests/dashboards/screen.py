"""What a page shows, read from AppTest."""

from streamlit.testing.v1 import AppTest


def texts(app: AppTest) -> str:
    """Join all that elements with a value show."""
    elements = [*app.title, *app.subheader, *app.caption, *app.text, *app.code, *app.markdown, *app.metric]
    return "\n".join(str(element.value) for element in elements)


def markdown(app: AppTest) -> str:
    """Join all that Streamlit reads as Markdown: bodies and labels."""
    bodies = [
        *app.title,
        *app.header,
        *app.subheader,
        *app.caption,
        *app.markdown,
        *app.metric,
        *app.warning,
        *app.info,
    ]
    labelled = [*app.metric, *app.expander, *app.toggle, *app.selectbox, *app.text_input, *app.tabs]
    return "\n".join([*(str(element.value) for element in bodies), *(element.label for element in labelled)])
