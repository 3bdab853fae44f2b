"""What people look at: a funnel page, a trajectory page and a task page over the warehouse's views.

Reads through the locked console alone, with bound parameters. Words of rollouts are hostile until proven otherwise:
they go to the screen as plain text, never as Markdown or HTML (see `plain`).
"""
